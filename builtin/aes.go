package builtin

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var aesArguments = []string{"expr - binary", "key - 16, 24 or 32 bytes", "mode - GCM, CBC or ECB; by default GCM", "padding - DEFAULT, PKCS (CBC, ECB) or NONE (GCM)"}

// aesFunctions encrypt and decrypt. The vector of initialization stands before the encrypted bytes.
var aesFunctions = []*expr.Function{
	func() *expr.Function {
		f := scalar("aes_encrypt", doc("misc_funcs", "Encrypts expr with AES. Without iv one is drawn at random.",
			append(aesArguments[:4:4], "iv - the vector of initialization, 12 bytes (GCM) or 16 bytes (CBC)", "aad - data that is authenticated and not encrypted, GCM only")...).printed(defaults(2, "GCM", "DEFAULT", "", "")).
			example("SELECT base64(aes_encrypt('Spark SQL', '1234567890abcdef', 'ECB', 'PKCS'));", "3lmwu+Mw0H3fi5NDvcu9lg==").
			example("SELECT base64(aes_encrypt('Spark', 'abcdefghijklmnop12345678ABCDEFGH', 'GCM', 'DEFAULT', unhex('000000000000000000000000'), 'This is an AAD mixed into the input'));",
				"AAAAAAAAAAAAAAAAQiYi+sTLm7KD9UcZ2nlRdYDe/PX4"),
			signature{params: of(blob, blob, text, text, blob, blob), optional: 4, result: types.BinaryType, fails: true, kernel: aesEncryptKernel})
		f.NonDeterministic = true
		return f
	}(),
	aesDecrypt("aes_decrypt", "Decrypts what aes_encrypt made.", false),
	aesDecrypt("try_aes_decrypt", "Decrypts what aes_encrypt made; null where that fails.", true),
}

func aesDecrypt(name, usage string, try bool) *expr.Function {
	return scalar(name, doc("misc_funcs", usage, append(aesArguments[:4:4], "aad - the data that was authenticated, GCM only")...).printed(defaults(2, "GCM", "DEFAULT", "")).
		example("SELECT CAST("+name+"(unhex('83F16B2AA704794132802D248E6BFD4E380078182D1544813898AC97E709B28A94'), '0000111122223333') AS STRING);", "Spark").
		example("SELECT CAST("+name+"(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdef', 'ECB', 'PKCS') AS STRING);", "Spark SQL"),
		signature{params: of(blob, blob, text, text, blob), optional: 3, result: types.BinaryType, fails: !try, nullable: try,
			kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
				return each(sel, out, func(i int) error {
					a, err := newAESCall("aes_decrypt", args, i)
					var plain []byte
					if err == nil {
						plain, err = a.decrypt(args[0].StringAt(i), textAt(args, 4, i))
					}
					switch {
					case err == nil:
						return setText(c, out, i, plain)
					case try:
						out.SetNull(i)
					default:
						return placed(c, err)
					}
					return nil
				})
			}})
}

func aesEncryptKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	return each(sel, out, func(i int) error {
		a, err := newAESCall("aes_encrypt", args, i)
		if err != nil {
			return placed(c, err)
		}
		b, err := a.encrypt(args[0].StringAt(i), textAt(args, 4, i), textAt(args, 5, i))
		if err != nil {
			return placed(c, err)
		}
		return setText(c, out, i, b)
	})
}

// textAt is an argument of row i, nil if it was left out.
func textAt(args []*vector.Vector, at, i int) []byte {
	if at >= len(args) {
		return nil
	}
	return args[at].StringAt(i)
}

// aesCall is the cipher of one row.
type aesCall struct {
	function, mode string
	block          cipher.Block
}

// bothAES is how messages name the functions.
const bothAES = "`aes_encrypt`/`aes_decrypt`"

func newAESCall(function string, args []*vector.Vector, i int) (*aesCall, error) {
	mode, padding := "GCM", "DEFAULT"
	if len(args) > 2 {
		mode = string(args[2].StringAt(i))
	}
	if len(args) > 3 {
		padding = string(args[3].StringAt(i))
	}
	a := &aesCall{function: function, mode: strings.ToUpper(mode)}
	switch a.mode + "/" + strings.ToUpper(padding) {
	case "GCM/DEFAULT", "GCM/NONE", "CBC/DEFAULT", "CBC/PKCS", "ECB/DEFAULT", "ECB/PKCS":
	default:
		return nil, diag.New("UNSUPPORTED_FEATURE.AES_MODE", "mode", mode, "padding", padding, "functionName", bothAES)
	}
	key := args[1].StringAt(i)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, diag.New("INVALID_PARAMETER_VALUE.AES_KEY_LENGTH", "parameter", "`key`", "functionName", bothAES, "actualLength", strconv.Itoa(len(key)))
	}
	a.block = block
	return a, nil
}

// ivSize is the number of bytes of the vector of initialization.
func (a *aesCall) ivSize() int {
	switch a.mode {
	case "GCM":
		return 12
	case "CBC":
		return aes.BlockSize
	}
	return 0
}

func (a *aesCall) encrypt(plain, iv, aad []byte) ([]byte, error) {
	size := a.ivSize()
	switch {
	case len(iv) > 0 && size == 0:
		return nil, diag.New("UNSUPPORTED_FEATURE.AES_MODE_IV", "mode", a.mode, "functionName", routine(a.function))
	case len(iv) > 0 && len(iv) != size:
		return nil, diag.New("INVALID_PARAMETER_VALUE.AES_IV_LENGTH", "mode", a.mode, "parameter", "`iv`", "functionName", bothAES, "actualLength", strconv.Itoa(len(iv)))
	case len(aad) > 0 && a.mode != "GCM":
		return nil, diag.New("UNSUPPORTED_FEATURE.AES_MODE_AAD", "mode", a.mode, "functionName", routine(a.function))
	case len(iv) == 0:
		iv = make([]byte, size)
		_, _ = rand.Read(iv) // never fails
	}
	out := bytes.Clone(iv)
	if a.mode == "GCM" {
		g, err := cipher.NewGCM(a.block)
		if err != nil {
			panic(&diag.Bug{Value: err})
		}
		return g.Seal(out, iv, plain, aad), nil
	}
	// PKCS 7: as many bytes of padding as each of them says.
	n := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	if a.mode == "CBC" {
		cipher.NewCBCEncrypter(a.block, iv).CryptBlocks(padded, padded)
	} else {
		for at := 0; at < len(padded); at += aes.BlockSize {
			a.block.Encrypt(padded[at:], padded[at:])
		}
	}
	return append(out, padded...), nil
}

func (a *aesCall) decrypt(b, aad []byte) ([]byte, error) {
	if len(aad) > 0 && a.mode != "GCM" {
		return nil, diag.New("UNSUPPORTED_FEATURE.AES_MODE_AAD", "mode", a.mode, "functionName", routine(a.function))
	}
	size := a.ivSize()
	if len(b) < size {
		return nil, cryptoError("Invalid buffer arguments")
	}
	iv, secret := b[:size], bytes.Clone(b[size:])
	if a.mode == "GCM" {
		g, err := cipher.NewGCM(a.block)
		if err != nil {
			panic(&diag.Bug{Value: err})
		}
		plain, err := g.Open(nil, iv, secret, aad)
		if err != nil {
			return nil, cryptoError("Tag mismatch!")
		}
		return plain, nil
	}
	if len(secret)%aes.BlockSize != 0 {
		return nil, cryptoError("Input length must be multiple of 16 when decrypting with padded cipher")
	}
	if a.mode == "CBC" {
		cipher.NewCBCDecrypter(a.block, iv).CryptBlocks(secret, secret)
	} else {
		for at := 0; at < len(secret); at += aes.BlockSize {
			a.block.Decrypt(secret[at:], secret[at:])
		}
	}
	if len(secret) == 0 {
		return secret, nil
	}
	n := int(secret[len(secret)-1])
	if n == 0 || n > aes.BlockSize || !bytes.Equal(secret[len(secret)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, cryptoError("Given final block not properly padded. Such issues can arise if a bad key is used during decryption.")
	}
	return secret[:len(secret)-n], nil
}

func cryptoError(detail string) error {
	return diag.New("INVALID_PARAMETER_VALUE.AES_CRYPTO_ERROR", "parameter", "`expr`, `key`", "functionName", bothAES, "detailMessage", detail)
}
