"""Servers to try Handbill against: each a program to start by hand, and a fixture for the tests."""
