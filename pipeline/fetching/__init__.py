"""From a source's address to bytes and text: the client, and one extractor a format."""
