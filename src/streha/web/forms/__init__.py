"""Forms: what a page asks for and how it reads the answer. Rules live in the rooms; a form only parses."""
