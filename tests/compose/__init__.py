"""`docker-compose up` on an engine of the tests' own, on images made here."""
