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

    /** Stands before the token of the owner before, once for each claim that is not decided. */
    private static final String UNDECIDED = "?";

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

    /** The same after a job has claimed the run, and before it knows whether it may go on. */
    RunOwners claimedBy(String submission) {
        return then(submission, UNDECIDED + token);
    }

    /** Whether the last job has yet to decide whether it takes the run. */
    public boolean isUndecided() {
        return token.startsWith(UNDECIDED);
    }

    /** The same without claims that are not decided. */
    RunOwners decided() {
        RunOwners before = this;
        while (before.isUndecided()) {
            int last = Math.max(0, before.submissions.size() - 1);
            before =
                    new RunOwners(
                            before.submissions.subList(0, last),
                            before.token.substring(UNDECIDED.length()));
        }
        return before;
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
