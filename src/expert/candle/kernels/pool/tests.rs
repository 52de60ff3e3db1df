//! Every piece is done once, whoever sleeps, panics or calls at the same time.

use super::*;

#[test]
fn every_piece_is_done_once() {
    for threads in [1, 2, 3, 5] {
        let pool = Pool::new(threads);
        for (length, size) in [(0, 1), (1, 1), (10, 3), (1000, 7), (64, 64), (64, 100)] {
            let mut slice = vec![0usize; length];
            for round in 1..=50 {
                pool.chunks(&mut slice, size, |index, part| {
                    for (offset, value) in part.iter_mut().enumerate() {
                        *value += index * size + offset + 1;
                    }
                });
                assert!(slice.iter().enumerate().all(|(i, &value)| value == (i + 1) * round));
            }
        }
    }
}

#[test]
fn pairs_and_parts_stay_in_step() {
    let pool = Pool::new(3);
    let (mut a, mut b) = (vec![0; 20], vec![0; 10]);
    pool.pairs((&mut a, 4), (&mut b, 2), |index, a, b| {
        a.fill(index);
        b.fill(index);
    });
    assert!((0..10).all(|i| a[2 * i] == i / 2 && b[i] == i / 2));
    pool.parts(&mut a, &[0, 0, 7, 20], |index, part| part.fill(index));
    assert_eq!((a[0], a[6], a[7], a[19]), (1, 1, 2, 2));
}

#[test]
fn helpers_wake_after_a_rest_and_a_panic_is_passed_on() {
    let pool = Pool::new(4);
    let sum = AtomicUsize::new(0);
    for _ in 0..20 {
        pool.run(8, &|index| {
            sum.fetch_add(index, Ordering::Relaxed);
        });
        // Long enough for the helpers to fall asleep.
        for _ in 0..SPINS * 4 {
            std::hint::spin_loop();
        }
    }
    assert_eq!(sum.load(Ordering::Relaxed), 20 * 28);
    let result = catch_unwind(AssertUnwindSafe(|| pool.run(8, &|index| assert!(index != 5, "planted"))));
    assert!(result.is_err());
    pool.run(8, &|index| {
        sum.fetch_add(index, Ordering::Relaxed);
    });
    assert_eq!(sum.load(Ordering::Relaxed), 21 * 28);
}

#[test]
fn a_second_caller_works_alone() {
    let pool = Pool::new(2);
    let sum = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    pool.run(5, &|index| {
                        sum.fetch_add(index, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    assert_eq!(sum.load(Ordering::Relaxed), 4 * 200 * 10);
}
