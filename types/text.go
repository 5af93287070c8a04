package types

// trimJava cuts what Java's String.trim cuts: all bytes up to the blank.
func trimJava(t string) string {
	for t != "" && t[0] <= ' ' {
		t = t[1:]
	}
	for t != "" && t[len(t)-1] <= ' ' {
		t = t[:len(t)-1]
	}
	return t
}

// trimSpark cuts blanks and control characters at both ends, as UTF8String.trimAll does.
func trimSpark(t string) string {
	for t != "" && (t[0] <= ' ' || t[0] == 0x7f) {
		t = t[1:]
	}
	for t != "" && (t[len(t)-1] <= ' ' || t[len(t)-1] == 0x7f) {
		t = t[:len(t)-1]
	}
	return t
}
