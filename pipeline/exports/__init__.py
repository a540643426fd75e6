"""What leaves the program: each export renders the report types and computes nothing."""
