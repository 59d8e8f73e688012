"""Tables that people bring: the file is read, what it would do is shown, and then all of it is done or nothing."""
