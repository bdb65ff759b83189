"""How the coefficients of polynomials in the kernels were found."""
