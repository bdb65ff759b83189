"""What each assumption is worth, how far it may fall, which deals and which luck a target rests on."""
