/* SPDX-License-Identifier: MIT */
/* The switch for aarch64 (AAPCS64): what fiber.c declares as coro_switch and
 * coro_start. The frame is struct frame there. */
#if defined(__aarch64__) && !defined(YON_UCONTEXT)

    .text

/* void coro_switch(void **save: x0, void *sp: x1) */
    .globl  coro_switch
    .hidden coro_switch
    .type   coro_switch, %function
    .p2align 4
coro_switch:
    .cfi_startproc
    hint    #34 /* bti c */
    sub     sp, sp, #176
    .cfi_adjust_cfa_offset 176
    stp     d8, d9, [sp, #0]
    stp     d10, d11, [sp, #16]
    stp     d12, d13, [sp, #32]
    stp     d14, d15, [sp, #48]
    stp     x19, x20, [sp, #64]
    .cfi_rel_offset x19, 64
    .cfi_rel_offset x20, 72
    stp     x21, x22, [sp, #80]
    .cfi_rel_offset x21, 80
    .cfi_rel_offset x22, 88
    stp     x23, x24, [sp, #96]
    .cfi_rel_offset x23, 96
    .cfi_rel_offset x24, 104
    stp     x25, x26, [sp, #112]
    .cfi_rel_offset x25, 112
    .cfi_rel_offset x26, 120
    stp     x27, x28, [sp, #128]
    .cfi_rel_offset x27, 128
    .cfi_rel_offset x28, 136
    stp     x29, x30, [sp, #144]
    .cfi_rel_offset x29, 144
    .cfi_rel_offset x30, 152
    mrs     x9, fpcr
    str     x9, [sp, #160]

    /* Both stacks have the same frame here, so the unwind rules hold on. */
    mov     x9, sp
    str     x9, [x0]
    mov     sp, x1

    ldr     x9, [sp, #160]
    msr     fpcr, x9
    ldp     d8, d9, [sp, #0]
    ldp     d10, d11, [sp, #16]
    ldp     d12, d13, [sp, #32]
    ldp     d14, d15, [sp, #48]
    ldp     x19, x20, [sp, #64]
    ldp     x21, x22, [sp, #80]
    ldp     x23, x24, [sp, #96]
    ldp     x25, x26, [sp, #112]
    ldp     x27, x28, [sp, #128]
    ldp     x29, x30, [sp, #144]
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    add     sp, sp, #176
    .cfi_adjust_cfa_offset -176
    ret
    .cfi_endproc
    .size   coro_switch, . - coro_switch

/* x19(x20); the return address is undefined, so that unwinding stops here. */
    .globl  coro_start
    .hidden coro_start
    .type   coro_start, %function
    .p2align 4
coro_start:
    .cfi_startproc
    .cfi_undefined x30
    hint    #36 /* bti j */
    mov     x0, x20
    blr     x19
    brk     #1
    .cfi_endproc
    .size   coro_start, . - coro_start

#ifdef __ARM_FEATURE_BTI_DEFAULT
    .section .note.gnu.property, "a", %note
    .p2align 3
    .word   4           /* length of the name */
    .word   16          /* length of the description */
    .word   5           /* NT_GNU_PROPERTY_TYPE_0 */
    .asciz  "GNU"
    .word   0xc0000000  /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
    .word   4
    .word   1           /* BTI */
    .word   0
#endif

#endif

#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
