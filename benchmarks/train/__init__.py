"""What training and scoring cost beside the bare libraries, and what they give."""
