"""What `bin/bench` runs; every figure beside a baseline of the same run."""
