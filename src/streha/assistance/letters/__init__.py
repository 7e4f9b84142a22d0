"""Letters of decision: what a commission decided, point by point, in the applicant's language and script."""
