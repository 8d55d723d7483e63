"""Writers: who fills the outline from the texts of the sources, and how the page is put together."""
