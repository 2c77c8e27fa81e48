"""A folder on the path of a script that runs: processes that it spawns import `torch` from here."""
