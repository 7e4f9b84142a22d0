"""What holds of lists without a database: which column means what, what a cell says, what is wrong with a row."""
