package io.kiln.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.model");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.config..",
                        "io.kiln.schemas..",
                        "io.kiln.flink..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "org.apache.avro..")
                .because("the network can be used without Flink and Kafka")
                .check(production);
    }
}
