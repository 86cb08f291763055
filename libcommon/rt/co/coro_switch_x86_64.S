/* SPDX-License-Identifier: MIT */
/* The switch for x86-64 (System V): what fiber.c declares as coro_switch and
 * coro_start. The frame is struct frame there. */
#if defined(__x86_64__) && !defined(YON_UCONTEXT)

    .text

/* void coro_switch(void **save: rdi, void *sp: rsi) */
    .globl  coro_switch
    .hidden coro_switch
    .type   coro_switch, @function
    .p2align 4
coro_switch:
    .cfi_startproc
    endbr64
    pushq   %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq   %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq   %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq   %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq   %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    subq    $8, %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw  4(%rsp)

    /* Both stacks have the same frame here, so the unwind rules hold on. */
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp

    ldmxcsr (%rsp)
    fldcw   4(%rsp)
    addq    $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq    %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq    %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq    %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq    %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq    %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp

    /* Not ret: the processor predicts that by its last calls, which were made
     * on the other stack. Three times slower was measured. */
    popq    %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .cfi_endproc
    .size   coro_switch, . - coro_switch

/* r12(r13); rip is undefined, so that unwinding stops here. Tools that do not
 * know that find zeros where the frame pointer and the caller would be. */
    .globl  coro_start
    .hidden coro_start
    .type   coro_start, @function
    .p2align 4
coro_start:
    .cfi_startproc
    .cfi_undefined %rip
    endbr64
    xorl    %ebp, %ebp
    pushq   $0
    pushq   $0
    movq    %r13, %rdi
    call    *%r12
    ud2
    .cfi_endproc
    .size   coro_start, . - coro_start

#if defined(__CET__) && (__CET__ & 1)
/* Says: indirect branch tracking, yes; shadow stack, no, for the switch would
 * need one of its own for each fiber. */
    .section .note.gnu.property, "a", @note
    .p2align 3
    .long   4           /* length of the name */
    .long   16          /* length of the description */
    .long   5           /* NT_GNU_PROPERTY_TYPE_0 */
    .asciz  "GNU"
    .long   0xc0000002  /* GNU_PROPERTY_X86_FEATURE_1_AND */
    .long   4
    .long   1           /* IBT */
    .long   0
#endif

#endif

#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
