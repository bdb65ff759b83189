"""Random draws: counter-based streams, and quantiles, normals and counts made of them."""
