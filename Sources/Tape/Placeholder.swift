// Tape
