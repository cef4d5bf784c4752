;; Counts and finds bytes sixteen at a time (https://webassembly.github.io/spec/core/syntax/instructions.html, "vector instructions").
;;
;; A vector that begins within the text may end behind it: after the text, the memory must have 16 more bytes of anything.
;; All places are offsets in the memory. vectors-module.ts compiles this file.
(module
  (import "rig" "memory" (memory 1))

  ;; How many newlines there are from $at to before $end.
  (func (export "count") (param $at i32) (param $end i32) (result i32)
    (local $sum i32)
    (local $stop i32) ;; where the vectors end that are counted together
    (local $counts v128) ;; sixteen counts, each of at most 255
    (block $done
      (loop $together
        (local.set $stop
          (i32.add
            (local.get $at)
            (select
              (i32.const 4080)
              (i32.and (i32.sub (local.get $end) (local.get $at)) (i32.const -16))
              (i32.gt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4080)))))
        (br_if $done (i32.eq (local.get $at) (local.get $stop)))
        (local.set $counts (v128.const i32x4 0 0 0 0))
        ;; A byte that is equal compares to -1.
        (loop $next
          (local.set $counts
            (i8x16.sub
              (local.get $counts)
              (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 10)))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $next (i32.lt_u (local.get $at) (local.get $stop))))
        (local.set $counts
          (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get $counts))))
        (local.set $sum
          (i32.add
            (local.get $sum)
            (i32.add
              (i32.add (i32x4.extract_lane 0 (local.get $counts)) (i32x4.extract_lane 1 (local.get $counts)))
              (i32.add (i32x4.extract_lane 2 (local.get $counts)) (i32x4.extract_lane 3 (local.get $counts))))))
        (br $together)))
    ;; What is left, byte by byte.
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $sum (i32.add (local.get $sum) (i32.eq (i32.load8_u (local.get $at)) (i32.const 10))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  ;; The first place from $at to $last at which the $length bytes are those at $needle; -1 when there is none.
  ;; $one and $other are the offsets of two rare bytes of the needle: only where both fit is the whole needle compared.
  (func (export "find")
    (param $at i32) (param $last i32) (param $needle i32) (param $length i32) (param $one i32) (param $other i32)
    (result i32)
    (local $candidates i32) ;; one bit for each of 16 places: whether both rare bytes fit
    (local $place i32)
    (local $index i32)
    (local $ones v128) ;; the rare byte, sixteen times
    (local $others v128)
    (local.set $ones (i8x16.splat (i32.load8_u (i32.add (local.get $needle) (local.get $one)))))
    (local.set $others (i8x16.splat (i32.load8_u (i32.add (local.get $needle) (local.get $other)))))
    (block $none
      (loop $next_vector
        (br_if $none (i32.gt_u (local.get $at) (local.get $last)))
        ;; Two vectors at once, as long as there is no candidate in either.
        (block $look
          (loop $skip
            (br_if $look (i32.gt_u (i32.add (local.get $at) (i32.const 32)) (local.get $last)))
            (br_if $look
              (v128.any_true
                (v128.or
                  (v128.and
                    (i8x16.eq (v128.load (i32.add (local.get $at) (local.get $one))) (local.get $ones))
                    (i8x16.eq (v128.load (i32.add (local.get $at) (local.get $other))) (local.get $others)))
                  (v128.and
                    (i8x16.eq (v128.load offset=16 (i32.add (local.get $at) (local.get $one))) (local.get $ones))
                    (i8x16.eq (v128.load offset=16 (i32.add (local.get $at) (local.get $other))) (local.get $others))))))
            (local.set $at (i32.add (local.get $at) (i32.const 32)))
            (br $skip)))
        (local.set $candidates
          (i8x16.bitmask
            (v128.and
              (i8x16.eq (v128.load (i32.add (local.get $at) (local.get $one))) (local.get $ones))
              (i8x16.eq (v128.load (i32.add (local.get $at) (local.get $other))) (local.get $others)))))
        (block $no_more_candidates
          (loop $next_candidate
            (br_if $no_more_candidates (i32.eqz (local.get $candidates)))
            (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $candidates))))
            (br_if $none (i32.gt_u (local.get $place) (local.get $last)))
            (local.set $index (i32.const 0))
            (block $differs
              (loop $next_byte
                (if (i32.eq (local.get $index) (local.get $length)) (then (return (local.get $place))))
                (br_if $differs
                  (i32.ne
                    (i32.load8_u (i32.add (local.get $place) (local.get $index)))
                    (i32.load8_u (i32.add (local.get $needle) (local.get $index)))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br $next_byte)))
            ;; Clears the lowest bit.
            (local.set $candidates
              (i32.and (local.get $candidates) (i32.sub (local.get $candidates) (i32.const 1))))
            (br $next_candidate)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next_vector)))
    (i32.const -1)))
