"""`parley doctor`: what is wrong, and its cure. It only looks."""
