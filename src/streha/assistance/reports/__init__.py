"""What a donor is told of an agreement: money by line and month, and the help that it became."""
