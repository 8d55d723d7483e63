"""Articles as text: blocks with a source map, markers, sentences."""
