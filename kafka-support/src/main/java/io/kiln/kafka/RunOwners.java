package io.kiln.kafka;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The submitted jobs that have claimed a run, as the metadata of a committed offset holds them.
 *
 * @param submissions the jobs in the order of their claims; the last one owns the run
 * @param token what the owner notes beside its claim, without spaces
 */
public record RunOwners(List<String> submissions, String token) {
    /** Enough to tell a job that was superseded, few enough for a broker's limit on metadata. */
    private static final int REMEMBERED = 32;

    public RunOwners {
        submissions = List.copyOf(submissions);
    }

    static RunOwners parse(@Nullable String metadata) {
        if (metadata == null || metadata.isBlank()) {
            return new RunOwners(List.of(), "");
        }
        String[] words = metadata.trim().split(" ", -1);
        return new RunOwners(List.of(words).subList(1, words.length), words[0]);
    }

    String metadata() {
        return token + " " + String.join(" ", submissions);
    }

    /** The same after a job has claimed the run, or after the owner has noted something else. */
    public RunOwners then(String submission, String note) {
        if (isOwner(submission)) {
            return new RunOwners(submissions, note);
        }
        List<String> all = new ArrayList<>(submissions);
        all.add(submission);
        int forgotten = Math.max(0, all.size() - REMEMBERED);
        return new RunOwners(all.subList(forgotten, all.size()), note);
    }

    /** Whether a job has the run now. */
    public boolean isOwner(String submission) {
        return !submissions.isEmpty() && submissions.get(submissions.size() - 1).equals(submission);
    }

    /** Whether a job had the run, and another has claimed it since. */
    public boolean isSuperseded(String submission) {
        return submissions.contains(submission) && !isOwner(submission);
    }
}
