"""Ten invented families whose help can be followed from the wish to return until it is a home for good.

``families`` says who they are, ``way`` takes a family through the office's own actions with days in order, ``tell``
brings all ten into the demo and finds them again.
"""
