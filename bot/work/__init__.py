"""What people want done: one verb a module. The command line and the pages hold no logic of their own."""
