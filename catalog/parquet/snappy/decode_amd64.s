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

	// The bytes of the element, from the tag alone: nothing that the next tag waits for comes from the table.
	MOVL    AX, CX
	SHRL    $2, CX
	ADDL    $2, CX
	ANDL    $3, AX
	LEAL    1(AX), SI
	ANDL    (R13)(AX*4), BX
	TESTL   AX, AX
	CMOVLNE SI, CX
	MOVL    DX, SI
	SHRL    $16, SI
	ADDL    SI, BX
	MOVBLZX DX, DX

	// A copy that overlaps itself takes another way: a branch that is rarely taken, unlike one on small offsets.
	CMPL BX, DX
	JB   overlap

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

overlap:
	// From 16 bytes back the words below still read what was written; nearer ones, and offset zero, are left alone.
	CMPL BX, $16
	JAE  checked

done:
	MOVQ R8, newDst+56(FP)
	MOVQ R9, newSrc+64(FP)
	RET
