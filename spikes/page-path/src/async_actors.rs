//! Way 1: every actor is an `async fn` that reads like the procedure it models.

use crate::async_executor::{ActorFuture, Task};
use crate::model::{
    FunctionType, OWN_FUNCTION, Observation, Operation, PAGES_PER_REQUEST, PagesByType, Policy, Request,
    Shape,
};
use crate::{Role, role_of};

pub fn spawn_actor(task: Task, shape: Shape, actor: usize) -> ActorFuture {
    match role_of(shape, actor) {
        Role::PageWorker => Box::pin(page_worker(task, shape)),
        Role::PageFirmware => Box::pin(page_firmware(task, shape)),
        Role::CommandFirmware => Box::pin(command_firmware(task, shape)),
        Role::Demand { function } => Box::pin(demand(task, shape, function)),
        Role::Enable { function } => Box::pin(enable_vport(task, shape, function)),
    }
}

async fn page_worker(task: Task, shape: Shape) {
    for served in 0..shape.requests_in_total() {
        task.begin_item(served);
        let request = task.request_from(Operation::PopRequest).await;
        if request.is_give() {
            give(&task, shape.policy, request).await;
        } else {
            reclaim(&task, shape.policy, request).await;
        }
    }
}

async fn give(task: &Task, policy: Policy, request: Request) {
    let Request { function, pages } = request;
    match policy {
        Policy::Reviewed => {
            task.perform(Operation::AddPages {
                function,
                function_type: FunctionType::None,
                pages,
            })
            .await;
            manage_pages(task, request).await;
            let function_type = type_under_state_lock(task, function).await;
            count_last(task, PagesByType::of(function_type, pages)).await;
        }
        Policy::Merged => {
            let function_type = type_from_map(task, function).await;
            task.perform(Operation::AddPages {
                function,
                function_type,
                pages,
            })
            .await;
            task.perform(Operation::Count(PagesByType::of(function_type, pages)))
                .await;
            manage_pages(task, request).await;
        }
    }
}

async fn reclaim(task: &Task, policy: Policy, request: Request) {
    manage_pages(task, request).await;
    let freed = task.pages_freed_by(Operation::RemovePages(request)).await;
    let change = match policy {
        Policy::Reviewed => {
            PagesByType::of(type_under_state_lock(task, request.function).await, request.pages)
        }
        Policy::Merged => freed.negated(),
    };
    count_last(task, change).await;
}

/// Whose pages they were no longer matters once only the counters are left to change.
async fn count_last(task: &Task, change: PagesByType) {
    task.forget_all_but(change);
    task.perform(Operation::Count(change)).await;
}

async fn manage_pages(task: &Task, request: Request) {
    task.perform(Operation::TakePageSlot).await;
    task.perform(Operation::PostPageCommand(request)).await;
    task.perform(Operation::AwaitPageCompletion).await;
    task.perform(Operation::FreePageSlot).await;
}

async fn type_under_state_lock(task: &Task, function: u8) -> FunctionType {
    if function == OWN_FUNCTION {
        return FunctionType::Own;
    }
    task.perform(Operation::LockState).await;
    let function_type = task.type_from(Operation::ReadVhcaId(function)).await;
    task.perform(Operation::UnlockState).await;
    function_type
}

async fn type_from_map(task: &Task, function: u8) -> FunctionType {
    if function == OWN_FUNCTION {
        return FunctionType::Own;
    }
    task.type_from(Operation::ReadTypeMapEntry(function)).await
}

async fn enable_vport(task: Task, shape: Shape, function: u8) {
    task.perform(Operation::LockState).await;
    task.perform(Operation::IssueEnable).await;
    task.perform(Operation::AwaitEnable).await;
    task.perform(Operation::LearnVhcaId(function)).await;
    if shape.policy == Policy::Merged {
        task.perform(Operation::InsertTypeMapEntry(function)).await;
    }
    task.perform(Operation::UnlockState).await;
}

async fn page_firmware(task: Task, shape: Shape) {
    for executed in 0..shape.requests_in_total() {
        task.begin_item(executed);
        let request = task.request_from(Operation::ReceivePageCommand).await;
        task.perform(Operation::ChangeLedger(request)).await;
        task.forget_all_but(());
        task.perform(Operation::CompletePageCommand).await;
    }
}

/// An enable command needs one more page for the function that issued it, and stays outstanding until it arrives.
async fn command_firmware(task: Task, shape: Shape) {
    for needed in 1..=shape.vports.cast_signed() {
        task.perform(Operation::ReceiveEnable).await;
        task.perform(Operation::PushRequest(Request {
            function: OWN_FUNCTION,
            pages: 1,
        }))
        .await;
        task.perform(Operation::WaitUntilHeld {
            function: OWN_FUNCTION,
            at_least: needed,
        })
        .await;
        task.perform(Operation::CompleteEnable).await;
    }
}

async fn demand(task: Task, shape: Shape, function: u8) {
    for _ in 0..shape.gives_per_vport() {
        task.perform(Operation::PushRequest(Request {
            function,
            pages: PAGES_PER_REQUEST,
        }))
        .await;
    }
    for _ in 0..shape.gives_per_vport() {
        task.perform(Operation::WaitUntilHeld {
            function,
            at_least: PAGES_PER_REQUEST,
        })
        .await;
        task.perform(Operation::PushRequest(Request {
            function,
            pages: -PAGES_PER_REQUEST,
        }))
        .await;
    }
}

impl Task {
    async fn request_from(&self, operation: Operation) -> Request {
        match self.perform(operation).await {
            Observation::Request(request) => request,
            other => unreachable!("{operation:?} observed {other:?}"),
        }
    }

    async fn type_from(&self, operation: Operation) -> FunctionType {
        match self.perform(operation).await {
            Observation::FunctionType(function_type) => function_type,
            other => unreachable!("{operation:?} observed {other:?}"),
        }
    }

    async fn pages_freed_by(&self, operation: Operation) -> PagesByType {
        match self.perform(operation).await {
            Observation::Freed(freed) => freed,
            other => unreachable!("{operation:?} observed {other:?}"),
        }
    }
}
