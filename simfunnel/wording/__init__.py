"""What is said to people: one sentence for each code, and numbers as they are read aloud."""
