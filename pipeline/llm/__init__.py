"""The model's service: one client, and the prompts."""
