package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class BackgroundTest {
    private static final int NICE = 16; // of the fields of proc_pid_stat(5) that follow the name

    @Test
    void threadAndThoseItStartsLeaveTheProcessorToOthers() throws Exception {
        CompletableFuture<Integer> own = new CompletableFuture<>();
        CompletableFuture<Integer> childs = new CompletableFuture<>();
        Background.thread(
                        () -> {
                            own.complete(niceness());
                            new Thread(() -> childs.complete(niceness())).start();
                        },
                        "background")
                .start();
        assertThat(own.get()).isEqualTo(Math.max(10, niceness()));
        assertThat(childs.get()).isEqualTo(own.get());
    }

    @Test
    void otherThreadsStayAsTheyAre() throws Exception {
        int before = niceness();
        Thread thread = Background.thread(() -> {}, "background");
        thread.start();
        thread.join();
        assertThat(niceness()).isEqualTo(before);
    }

    private static int niceness() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
