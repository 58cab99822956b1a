"""The read models; the one door that is open to queries."""
