"""What is served over HTTP; knows requests, and leaves every decision to work."""
