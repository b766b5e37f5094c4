package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

    @Test
    void whatFailsInAProcessThatEndsIsAConsequence() throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Ending.class.getName())
                        .redirectErrorStream(true)
                        .start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(printed.lines()).containsExactly("closing false", "closing true");
    }

    /** A process that ends, in which another hook runs before that of the resources. */
    static final class Ending {
        private Ending() {}

        public static void main(String[] args) {
            Resources resources = new Resources();
            System.out.println("closing " + resources.closing());
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> System.out.println("closing " + resources.closing())));
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
