"""Lists that others bring: from a messy file to reviewed rows to people in the register."""
