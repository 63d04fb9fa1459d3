"""Features, targets, splits and the trainers of the four models; heavy libraries load at call time."""
