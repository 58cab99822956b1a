"""What is measured, for Prometheus; the rooms call ports of their own, and only this package knows the library."""
