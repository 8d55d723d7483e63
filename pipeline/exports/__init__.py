"""What leaves the program: the page, the report, and the records as JSON."""
