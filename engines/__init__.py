"""What several adapters of one database engine share; it knows no port and no other room."""
