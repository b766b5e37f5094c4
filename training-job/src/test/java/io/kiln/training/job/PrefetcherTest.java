package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PrefetcherTest {
    private static <O> O await(Future<O> prepared) throws InterruptedException {
        return Prefetcher.await(Objects.requireNonNull(prepared));
    }

    @Test
    void inputIsPreparedBesideTheCallerInTheOrderOfPut() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
        try (Prefetcher<Integer, String> prefetcher =
                new Prefetcher<>(
                        input ->
                                () -> {
                                    begun.add(input);
                                    awaitRelease(release);
                                    return input + " by " + Thread.currentThread().getName();
                                })) {
            assertThat(prefetcher.put(1)).isNull();
            Future<String> first = prefetcher.put(2);
            Future<String> second = prefetcher.take();
            assertThat(first).isNotDone();
            assertThat(begun).doesNotContain(2);
            release.countDown();
            assertThat(await(second)).isEqualTo("2 by kiln-prefetcher");
            assertThat(first).isDone();
            assertThat(await(first)).isEqualTo("1 by kiln-prefetcher");
            assertThat(begun).containsExactly(1, 2);
        }
    }

    private static void awaitRelease(CountDownLatch release) {
        try {
            release.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    void whatWasTakenIsNotGivenAgain() throws Exception {
        try (Prefetcher<Integer, Integer> prefetcher = new Prefetcher<>(input -> () -> input)) {
            assertThat(prefetcher.take()).isNull();
            prefetcher.put(1);
            assertThat(await(prefetcher.take())).isEqualTo(1);
            assertThat(prefetcher.take()).isNull();
            assertThat(prefetcher.put(2)).isNull();
        }
    }

    @Test
    void failureOfThePreparationIsTheCallersAndTheNextInputIsPrepared() throws Exception {
        IllegalStateException failure = new IllegalStateException("offset 7 is not a SparseBatch");
        try (Prefetcher<Integer, Integer> prefetcher =
                new Prefetcher<>(
                        input ->
                                () -> {
                                    if (input == 7) {
                                        throw failure;
                                    }
                                    return input;
                                })) {
            prefetcher.put(7);
            Future<Integer> failed = prefetcher.put(8);
            assertThatThrownBy(() -> await(failed)).isSameAs(failure);
            assertThat(await(prefetcher.take())).isEqualTo(8);
        }
    }

    @Test
    void errorOfThePreparationIsTheCauseOfTheCallers() {
        try (Prefetcher<Integer, Integer> prefetcher =
                new Prefetcher<>(
                        input ->
                                () -> {
                                    throw new StackOverflowError("deep");
                                })) {
            prefetcher.put(1);
            Future<Integer> failed = prefetcher.take();
            assertThatThrownBy(() -> await(failed))
                    .isInstanceOf(IllegalStateException.class)
                    .hasRootCauseMessage("deep");
        }
    }

    @Test
    void closeInterruptsWhatIsUnderWay() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Future<Integer> prepared;
        try (Prefetcher<Integer, Integer> prefetcher =
                new Prefetcher<>(
                        input ->
                                () -> {
                                    begun.countDown();
                                    awaitRelease(new CountDownLatch(1));
                                    return input;
                                })) {
            prefetcher.put(1);
            prepared = prefetcher.take();
            begun.await();
        }
        assertThatThrownBy(() -> await(prepared)).hasMessage("interrupted");
    }
}
