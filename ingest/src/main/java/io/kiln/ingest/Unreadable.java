package io.kiln.ingest;

import io.kiln.ingest.Refusal.Reason;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Makes refusals of exceptions. */
final class Unreadable {
    private Unreadable() {}

    /** Something that could not be read. */
    static Refusal of(Origin origin, Exception reason) throws InterruptedException {
        return refusal(origin, Reason.UNREADABLE, "", reason);
    }

    /** The rest of an archive, after a number of members that were read. */
    static Refusal restOf(Origin archive, long members, Exception reason)
            throws InterruptedException {
        String what = members == 0 ? "no member" : "nothing after member " + members;
        return refusal(archive, Reason.BROKEN_ARCHIVE, what + " can be read: ", reason);
    }

    /** An interrupt ends a read with an exception too, which is no fault of the file. */
    private static Refusal refusal(Origin origin, Reason kind, String prefix, Exception reason)
            throws InterruptedException {
        Interrupts.check();
        return new Refusal(origin, kind, prefix + words(reason));
    }

    private static String words(Exception reason) {
        if (reason instanceof NoSuchFileException) {
            return "no such file";
        }
        if (reason instanceof AccessDeniedException) {
            return "permission denied";
        }
        String message =
                reason instanceof FileSystemException fileSystem
                        ? fileSystem.getReason()
                        : reason.getMessage();
        return orName(message, reason);
    }

    private static String orName(@Nullable String message, Exception reason) {
        return message == null || message.isBlank() ? reason.getClass().getSimpleName() : message;
    }
}
