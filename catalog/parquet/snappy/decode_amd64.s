//go:build amd64 && !purego

#include "textflag.h"

// func decodeElements(dstStart, dst, dstEnd, src, srcEnd unsafe.Pointer, table *[256]uint32, masks *[4]uint32) (newDst, newSrc unsafe.Pointer)
//
// DI dstStart, R8 dst, R10 dstEnd, R9 src, R11 srcEnd, R12 table, R13 masks.
// In the loop: AX tag, DX entry then length, BX offset, CX bytes of the element, SI where to copy from.
TEXT ·decodeElements(SB), NOSPLIT, $0-72
	MOVQ dstStart+0(FP), DI
	MOVQ dst+8(FP), R8
	MOVQ dstEnd+16(FP), R10
	MOVQ src+24(FP), R9
	MOVQ srcEnd+32(FP), R11
	MOVQ table+40(FP), R12
	MOVQ masks+48(FP), R13
	CMPQ R8, R10
	JAE  done

	PCALIGN $32

loop:
	CMPQ    R9, R11
	JAE     done
	MOVBLZX (R9), AX
	MOVL    1(R9), BX
	MOVL    (R12)(AX*4), DX
	ANDL    $3, AX
	ANDL    (R13)(AX*4), BX
	MOVL    DX, CX
	SHRL    $16, CX
	ADDL    CX, BX
	MOVL    DX, CX
	SHRL    $8, CX
	MOVBLZX CX, CX
	MOVBLZX DX, DX

	// A copy from less than 16 bytes back that overlaps itself is left alone, and so is offset zero.
	CMPL BX, $16
	JB   close

checked:
	MOVQ    R8, SI
	SUBQ    BX, SI
	CMPQ    SI, DI
	JB      done
	LEAQ    1(R9), BX
	TESTL   AX, AX
	CMOVQEQ BX, SI
	ADDQ    CX, R9
	MOVOU   (SI), X0
	MOVOU   X0, (R8)
	CMPL    DX, $16
	JA      long
	ADDQ    DX, R8
	CMPQ    R8, R10
	JB      loop
	JMP     done

long:
	// Each word is loaded after the one before is stored: an overlapping copy reads what it wrote.
	MOVOU 16(SI), X1
	MOVOU X1, 16(R8)
	CMPL  DX, $32
	JBE   next
	MOVOU 32(SI), X0
	MOVOU X0, 32(R8)
	MOVOU 48(SI), X1
	MOVOU X1, 48(R8)

next:
	ADDQ DX, R8
	CMPQ R8, R10
	JB   loop
	JMP  done

close:
	CMPL BX, DX
	JAE  checked

done:
	MOVQ R8, newDst+56(FP)
	MOVQ R9, newSrc+64(FP)
	RET
