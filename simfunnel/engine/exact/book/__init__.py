"""A part of the model as one sum of independent pieces."""
