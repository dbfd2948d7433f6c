"""What does not fit into a test: many broken inputs, kills at random moments, full disks."""
