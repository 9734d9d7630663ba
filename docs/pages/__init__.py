"""The pages of docs/ that are made from code and data: one module per page, each with `text() -> str`; the folder is the registry."""
