"""What a little more of each lever is worth."""
