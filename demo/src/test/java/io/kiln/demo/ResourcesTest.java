package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ResourcesTest {
    private final List<String> closed = Collections.synchronizedList(new ArrayList<>());
    private final Resources resources = new Resources();

    private AutoCloseable resource(String name) {
        return () -> closed.add(name);
    }

    @Test
    void theLastOpenedIsClosedFirstAndEachOnce() {
        resources.add(resource("first"));
        resources.add(resource("second"));
        resources.close();
        resources.close();
        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void aResourceThatCannotBeClosedDoesNotKeepTheOthersOpen() {
        resources.add(resource("first"));
        resources.add(
                () -> {
                    throw new IOException("stuck");
                });
        resources.add(resource("third"));
        resources.close();
        assertThat(closed).containsExactly("third", "first");
    }

    @Test
    void whatIsAddedAfterClosingIsClosedAtOnce() {
        resources.close();
        assertThat(resources.closing()).isTrue();
        resources.add(resource("late"));
        assertThat(closed).containsExactly("late");
    }

    @Test
    void threadsThatAddWhileAnotherClosesLeaveNothingOpen() throws Exception {
        int threads = 8;
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> adding = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            String name = "resource " + i;
            Thread thread =
                    new Thread(
                            () -> {
                                awaitQuietly(start);
                                resources.add(resource(name));
                            });
            thread.start();
            adding.add(thread);
        }
        start.countDown();
        resources.close();
        for (Thread thread : adding) {
            thread.join();
        }
        assertThat(closed).hasSize(threads).doesNotHaveDuplicates();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
