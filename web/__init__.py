"""What both HTTP APIs share: strict input, problems, guards, the worker."""
