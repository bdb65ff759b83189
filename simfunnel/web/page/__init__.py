"""The page: one HTML file with our own style and script; everything in it is asked from the server."""
