"""Everything around the two commands: install, run, test, journeys. `make help` lists what calls it."""
