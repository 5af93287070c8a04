package builtin

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash/crc32"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var digestFunctions = []*expr.Function{
	scalar("md5", doc("hash_funcs", "Returns the MD5 checksum of expr in hexadecimal.", "expr - binary").
		example("SELECT md5('Spark');", "8cde774d6f7333752ed72cacddb05126"),
		signature{params: of(blob), result: types.StringType, kernel: textToText(func(dst, b []byte) []byte {
			sum := md5.Sum(b)
			return hex.AppendEncode(dst, sum[:])
		})}),
	alias(scalar("sha1", doc("hash_funcs", "Returns the SHA-1 checksum of expr in hexadecimal.", "expr - binary").
		example("SELECT sha1('Spark');", "85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c"),
		signature{params: of(blob), result: types.StringType, kernel: textToText(func(dst, b []byte) []byte {
			sum := sha1.Sum(b)
			return hex.AppendEncode(dst, sum[:])
		})}), "sha"),
	scalar("sha2", doc("hash_funcs", "Returns a checksum of the SHA-2 family of expr in hexadecimal; null for other numbers of bits.", "expr - binary", "bitLength - 224, 256, 384, 512, or 0 for 256").
		example("SELECT sha2('Spark', 256);", "529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b"),
		signature{params: of(blob, integer), result: types.StringType, nullable: true, kernel: sha2Kernel}),
	scalar("crc32", doc("hash_funcs", "Returns the cyclic redundancy check of expr.", "expr - binary").
		example("SELECT crc32('Spark');", "1557323817"),
		signature{params: of(blob), result: types.LongType, kernel: textTo(func(b []byte) int64 { return int64(crc32.ChecksumIEEE(b)) })}),
}

func sha2Kernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, size := stringsOf(args[0]), columnOf[int32](args[1])
	return each(sel, out, func(i int) error {
		dst, ok := appendSHA2(c.Scratch[:0], s.at(i), size.at(i))
		if !ok {
			out.SetNull(i)
			return nil
		}
		c.Scratch = dst
		return setScratch(c, out, i)
	})
}

func appendSHA2(dst, b []byte, size int32) (_ []byte, ok bool) {
	switch size {
	case 0, 256:
		sum := sha256.Sum256(b)
		return hex.AppendEncode(dst, sum[:]), true
	case 224:
		sum := sha256.Sum224(b)
		return hex.AppendEncode(dst, sum[:]), true
	case 384:
		sum := sha512.Sum384(b)
		return hex.AppendEncode(dst, sum[:]), true
	case 512:
		sum := sha512.Sum512(b)
		return hex.AppendEncode(dst, sum[:]), true
	}
	return dst, false
}
