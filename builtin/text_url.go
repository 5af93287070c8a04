package builtin

import (
	"bytes"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var urlFunctions = []*expr.Function{
	scalar("url_encode", doc("url_funcs", "Returns str in the form of parameters in a URL.", "str - a string").
		example("SELECT url_encode('https://spark.apache.org');", "https%3A%2F%2Fspark.apache.org"),
		signature{params: of(text), result: types.StringType, kernel: textToText(appendURLEncoded)}),
	scalar("url_decode", doc("url_funcs", "Reads the form of parameters in a URL.", "str - a string").
		example("SELECT url_decode('https%3A%2F%2Fspark.apache.org');", "https://spark.apache.org"),
		signature{params: of(text), result: types.StringType, fails: true, kernel: textToTextErr(func(_ *expr.KernelContext, dst, s []byte) ([]byte, error) {
			if b, ok := appendURLDecoded(dst, s); ok {
				return b, nil
			}
			return nil, diag.New("CANNOT_DECODE_URL", "url", string(s))
		})}),
	scalar("try_url_decode", doc("url_funcs", "Reads the form of parameters in a URL; null if it is malformed.", "str - a string").
		example("SELECT try_url_decode('http%3A%2F%2spark.apache.org');", "NULL"),
		signature{params: of(text), result: types.StringType, nullable: true, kernel: textToTextNull(appendURLDecoded)}),
	parseURLFunction("parse_url", "Extracts a part of a URL.", false),
	parseURLFunction("try_parse_url", "Extracts a part of a URL; null if it is invalid.", true),
}

func appendURLEncoded(dst, s []byte) []byte {
	for _, c := range s {
		switch {
		case isAlphanumeric(c), c == '.', c == '-', c == '*', c == '_':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

func isAlphanumeric(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' }
func isLetter(c byte) bool       { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func appendURLDecoded(dst, s []byte) (_ []byte, ok bool) {
	start := len(dst)
	escaped := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			dst = append(dst, ' ')
		case '%':
			b, ok := hexPair(s[i:])
			if !ok {
				return nil, false
			}
			dst, escaped = append(dst, b), true
			i += 2
		default:
			dst = append(dst, s[i])
		}
	}
	if escaped && !isASCII(dst[start:]) {
		dst = appendValidUTF8(dst[:start], bytes.Clone(dst[start:]))
	}
	return dst, true
}

// hexPair reads the byte of %41.
func hexPair(s []byte) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	var one [1]byte
	b, ok := unhexBytes(one[:0], s[1:3])
	if !ok {
		return 0, false
	}
	return b[0], true
}

// url is a URL in parts; nil parts are absent.
type url struct {
	scheme, authority, userInfo, host, path, query, fragment []byte
}

func parseURLFunction(name, usage string, try bool) *expr.Function {
	d := doc("url_funcs", usage, "url - a string", "part - HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO", "key - the parameter of the query to extract").
		example("SELECT "+name+"('http://spark.apache.org/path?query=1', 'HOST');", "spark.apache.org").
		example("SELECT "+name+"('http://spark.apache.org/path?query=1', 'QUERY', 'query');", "1")
	return scalar(name, d, signature{params: of(text, text, text), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		try := try || !c.Settings.ANSI
		return outcome{result: types.StringType, nullable: true, fails: !try, kernel: parseURLKernel(try)}, nil
	}})
}

func parseURLKernel(try bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, parts := stringsOf(args[0]), stringsOf(args[1])
		var keys stringColumn
		if len(args) == 3 {
			keys = stringsOf(args[2])
		}
		return each(sel, out, func(i int) error {
			u, ok := parseURL(s.at(i))
			if !ok && !try {
				return placed(c, diag.New("INVALID_URL", "url", string(s.at(i))))
			}
			part, present := u.part(string(parts.at(i)), c.Scratch[:0])
			if present && len(args) == 3 {
				if string(parts.at(i)) != "QUERY" {
					present = false
				} else {
					part, present = queryValue(part, keys.at(i))
				}
			}
			if !ok || !present {
				out.SetNull(i)
				return nil
			}
			return setText(c, out, i, part)
		})
	}
}

func (u *url) part(name string, scratch []byte) ([]byte, bool) {
	var part []byte
	switch name {
	case "HOST":
		part = u.host
	case "PATH":
		part = u.path
	case "QUERY":
		part = u.query
	case "REF":
		part = u.fragment
	case "PROTOCOL":
		part = u.scheme
	case "AUTHORITY":
		part = u.authority
	case "USERINFO":
		part = u.userInfo
	case "FILE":
		if part = u.path; u.query != nil {
			part = append(append(append(scratch, u.path...), '?'), u.query...)
		}
	}
	return part, part != nil
}

// queryValue is the value of the first parameter named key.
func queryValue(query, key []byte) ([]byte, bool) {
	for {
		pair, rest, more := bytes.Cut(query, []byte{'&'})
		if value, ok := bytes.CutPrefix(pair, key); ok && len(value) > 0 && value[0] == '=' {
			return value[1:], true
		}
		if !more {
			return nil, false
		}
		query = rest
	}
}

// parseURL splits a URI as java.net.URI does, and refuses what that refuses.
func parseURL(s []byte) (u url, ok bool) {
	rest := s
	if at := bytes.IndexByte(rest, '#'); at >= 0 {
		u.fragment, rest = rest[at+1:], rest[:at]
		if !legalURL(u.fragment, ";/?:@&=+$,[]") {
			return u, false
		}
	}
	if colon := bytes.IndexByte(rest, ':'); colon >= 0 && !bytes.ContainsAny(rest[:colon], "/?") {
		if u.scheme = rest[:colon]; !isScheme(u.scheme) || colon+1 == len(rest) {
			return u, false
		}
		rest = rest[colon+1:]
		if rest[0] != '/' { // opaque: what follows has no parts
			return u, legalURL(rest, ";/?:@&=+$,[]")
		}
	}
	if at := bytes.IndexByte(rest, '?'); at >= 0 {
		u.query, rest = rest[at+1:], rest[:at]
		if !legalURL(u.query, ";/?:@&=+$,[]") {
			return u, false
		}
	}
	if bytes.HasPrefix(rest, []byte("//")) {
		rest = rest[2:]
		end := len(rest)
		if at := bytes.IndexByte(rest, '/'); at >= 0 {
			end = at
		}
		if end > 0 {
			u.authority = rest[:end]
			if !u.splitAuthority() {
				return u, false
			}
		} else if len(rest) == 0 && u.query == nil {
			return u, false
		}
		rest = rest[end:]
	}
	u.path = rest[:len(rest):len(rest)]
	if u.path == nil {
		u.path = []byte{}
	}
	return u, legalURL(u.path, ";/:@&=+$,")
}

func isScheme(s []byte) bool {
	for i, c := range s {
		if !isLetter(c) && (i == 0 || !isAlphanumeric(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return len(s) > 0
}

// legalURL reports whether s has only characters that need no escape: letters, digits, marks, what extra lists, escapes, and
// characters beyond ASCII.
func legalURL(s []byte, extra string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isAlphanumeric(c), c >= 0x80, bytes.IndexByte([]byte("_-!.~'()*"), c) >= 0, bytes.IndexByte([]byte(extra), c) >= 0:
		case c == '%':
			if _, ok := hexPair(s[i:]); !ok {
				return false
			}
			i += 2
		default:
			return false
		}
	}
	return true
}

// splitAuthority finds user, host and port. An authority that is no server's has neither.
func (u *url) splitAuthority() bool {
	host := u.authority
	var user []byte
	if at := bytes.IndexByte(host, '@'); at >= 0 {
		user, host = host[:at], host[at+1:]
		if !legalURL(user, ";:&=+$,") {
			return false
		}
	}
	if len(host) > 0 && host[0] == '[' {
		end := bytes.IndexByte(host, ']')
		if end < 0 || !isPort(host[end+1:]) || !bytes.Contains(host[:end], []byte{':'}) {
			return false
		}
		u.userInfo, u.host = user, host[:end+1]
		return true
	}
	name := host
	if colon := bytes.LastIndexByte(host, ':'); colon >= 0 {
		if !isPort(host[colon:]) {
			return legalURL(u.authority, ";:@&=+$,")
		}
		name = host[:colon]
	}
	if isHostName(name) {
		u.userInfo, u.host = user, name
		return true
	}
	return legalURL(u.authority, ";:@&=+$,")
}

// isPort reports whether s is empty or a colon and digits.
func isPort(s []byte) bool {
	if len(s) == 0 {
		return true
	}
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s[0] == ':'
}

// isHostName reports whether s is an IPv4 address or a name whose last label begins with a letter.
func isHostName(s []byte) bool {
	s = bytes.TrimSuffix(s, []byte{'.'})
	labels, numbers := 0, 0
	for {
		label, rest, more := bytes.Cut(s, []byte{'.'})
		if !isHostLabel(label) {
			return false
		}
		labels++
		if isByteNumber(label) {
			numbers++
		}
		if !more {
			return isLetter(label[0]) || labels == 4 && numbers == 4
		}
		s = rest
	}
}

// isHostLabel reports whether s has letters and digits, and hyphens between them.
func isHostLabel(s []byte) bool {
	for _, c := range s {
		if !isAlphanumeric(c) && c != '-' {
			return false
		}
	}
	return len(s) > 0 && s[0] != '-' && s[len(s)-1] != '-'
}

// isByteNumber reports whether s is a number from 0 to 255.
func isByteNumber(s []byte) bool {
	n := 0
	for _, c := range s {
		if n = 10*n + int(c-'0'); c < '0' || c > '9' || n > 255 {
			return false
		}
	}
	return true
}
